import { guides } from 'virtual:guides';
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useEffect } from 'react';
import { useLocationProperty } from 'wouter/use-browser-location';
import { PageLink } from '../layout/link.tsx';
import { Markdown } from '../layout/markdown.tsx';
import { Page } from '../layout/page.tsx';
import { titleOf } from './search.ts';

const PARENTS = [{ text: 'Guides', path: '/guides' }];

/** The guides by what they are about; those that are not named here come last. */
const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  'Getting started': ['readme', 'console', 'running'],
  Keys: ['key-policies', 'grants', 'policies', 'explain', 'key-rotation', 'import', 'multi-region'],
  Identities: ['identities', 'attestation'],
  Operating: ['operations', 'audit', 'metrics', 'quotas', 'durability', 'postgresql', 'scaling', 'moving'],
  Developing: ['testing', 'seed-file'],
};
const MORE = Object.keys(guides).filter((name) => !Object.values(SECTIONS).flat().includes(name));

/** The guides, which stand in `docs/` of the project, too. */
export function Guides() {
  return (
    <Page title="Guides">
      <SpaceBetween size="l">
        {Object.entries({ ...SECTIONS, 'How it is built': MORE }).map(([title, names]) => (
          <Container key={title} header={<Header variant="h2">{title}</Header>}>
            <ul className="operations">
              {names.map((name) => (
                <li key={name}>
                  <PageLink path={`/guides/${name}`}>{titleOf(guides[name] ?? '')}</PageLink>
                </li>
              ))}
            </ul>
          </Container>
        ))}
      </SpaceBetween>
    </Page>
  );
}

/** One guide. */
export function Guide({ name }: { readonly name: string }) {
  const text = guides[name];
  const anchor = useLocationProperty(() => window.location.hash.slice(1));
  useEffect(() => {
    if (anchor !== '') document.getElementById(decodeURIComponent(anchor))?.scrollIntoView();
  }, [anchor]);
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
