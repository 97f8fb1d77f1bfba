import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';
import { ScrollRegion } from './scroll-region.tsx';

/** Code, or anything else that is shown letter by letter, with a button that copies it. */
export function CodeBlock({ code, label }: { readonly code: string; readonly label: string }) {
  return (
    <div className="code-block">
      <div className="code-block-copy">
        <CopyToClipboard
          variant="icon"
          copyButtonAriaLabel={`Copy ${label}`}
          copySuccessText="Copied"
          copyErrorText="The browser does not allow copying"
          textToCopy={code}
        />
      </div>
      <ScrollRegion label={label} className="code-block-text">
        <pre>{code}</pre>
      </ScrollRegion>
    </div>
  );
}
