import Tabs from '@cloudscape-design/components/tabs';
import { useLocation } from 'wouter';
import { Page } from '../layout/page.tsx';
import { DataKeys, RandomBytes } from './data-keys.tsx';
import { FileEncryption } from './file-encryption.tsx';
import { Macs } from './macs.tsx';
import { Signing } from './signing.tsx';
import { TextEncryption } from './text-encryption.tsx';

const TABS = [
  { id: 'encrypt', label: 'Encrypt and decrypt', content: <TextEncryption /> },
  { id: 'files', label: 'Files', content: <FileEncryption /> },
  { id: 'sign', label: 'Sign and verify', content: <Signing /> },
  { id: 'mac', label: 'MACs', content: <Macs /> },
  { id: 'data-keys', label: 'Data keys', content: <DataKeys /> },
  { id: 'random', label: 'Random bytes', content: <RandomBytes /> },
];

/** What can be done with keys, without a program of one's own. */
export function Tools({ tool }: { readonly tool: string }) {
  const [, navigate] = useLocation();
  return (
    <Page
      title="Use keys"
      description="What is typed here goes to the server and nowhere else. Files stay in the browser."
    >
      <Tabs
        ariaLabel="Tools"
        activeTabId={TABS.some(({ id }) => id === tool) ? tool : 'encrypt'}
        tabs={TABS}
        onChange={({ detail }) => navigate(`/tools/${detail.activeTabId}`)}
      />
    </Page>
  );
}
