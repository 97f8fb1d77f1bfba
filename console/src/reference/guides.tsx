import { guides } from 'virtual:guides';
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import { useEffect } from 'react';
import { PageLink } from '../layout/link.tsx';
import { Markdown } from '../layout/markdown.tsx';
import { Page } from '../layout/page.tsx';
import { titleOf } from './search.ts';

const PARENTS = [{ text: 'Guides', path: '/guides' }];

/** The guides, which stand in `docs/` of the project, too. */
export function Guides() {
  return (
    <Page title="Guides">
      <Container>
        <ul className="operations">
          {Object.entries(guides).map(([name, text]) => (
            <li key={name}>
              <PageLink path={`/guides/${name}`}>{titleOf(text)}</PageLink>
            </li>
          ))}
        </ul>
      </Container>
    </Page>
  );
}

/** One guide. */
export function Guide({ name }: { readonly name: string }) {
  const text = guides[name];
  useEffect(() => {
    if (window.location.hash !== '') document.getElementById(window.location.hash.slice(1))?.scrollIntoView();
  }, []);
  if (text === undefined) {
    return (
      <Page title="There is no such guide" parents={PARENTS}>
        <Box>
          See the <PageLink path="/guides">list of guides</PageLink>.
        </Box>
      </Page>
    );
  }
  return (
    <Page title={titleOf(text)} parents={PARENTS}>
      <Container>
        <div className="guide">
          <Markdown text={text.replace(/^# .+\n/, '')} resolveLink={(href) => resolveLink(name, href)} />
        </div>
      </Container>
    </Page>
  );
}

/** Links among the files of `docs/` lead to their pages here; those to what is no page here lead nowhere. */
function resolveLink(name: string, href: string): string | undefined {
  return href.startsWith('#') ? `/guides/${name}${href}` : pathOfDocument(href.replace(/^docs\//, ''));
}

/** The page that a link from within `docs/` leads to; `undefined` when that is no page here. */
export function pathOfDocument(href: string): string | undefined {
  const [file = '', fragment] = href.split('#');
  const anchor = fragment === undefined ? '' : `#${fragment}`;
  const [, operation] = /^api\/((?:\w+\/)?\w+)\.md$/.exec(file) ?? [];
  if (operation === 'README') return '/reference';
  if (operation !== undefined) return `/reference/${operation.includes('/') ? '' : 'kms/'}${operation}`;
  const [, guide = ''] = /^([\w-]+)\.md$/.exec(file) ?? [];
  return guide in guides ? `/guides/${guide}${anchor}` : undefined;
}
