import Box from '@cloudscape-design/components/box';
import Link from '@cloudscape-design/components/link';
import { lexer, type MarkedToken, type Token, type Tokens } from 'marked';
import { Fragment, type ReactNode, useMemo } from 'react';
import { CodeBlock } from './code-block.tsx';
import { PageLink } from './link.tsx';
import { ScrollRegion } from './scroll-region.tsx';

/** Where a link of a text leads within the console; `undefined` when it leads nowhere there. */
export type ResolveLink = (href: string) => string | undefined;

/**
 * Markdown as elements: never as HTML, so that nothing in it can run. HTML in it is shown as the text that it is.
 */
export function Markdown({
  text,
  resolveLink = () => undefined,
}: {
  readonly text: string;
  readonly resolveLink?: ResolveLink;
}) {
  const tokens = useMemo(() => lexer(text), [text]);
  return <Parts tokens={tokens} resolveLink={resolveLink} />;
}

/** One line of Markdown, without a paragraph around it. */
export function InlineMarkdown({
  text,
  resolveLink = () => undefined,
}: {
  readonly text: string;
  readonly resolveLink?: ResolveLink;
}) {
  const tokens = useMemo(
    () => lexer(text).flatMap((token) => ('tokens' in token ? (token.tokens ?? []) : [token])),
    [text],
  );
  return <Parts tokens={tokens} resolveLink={resolveLink} />;
}

interface Shown<T> {
  readonly token: T;
  readonly resolveLink: ResolveLink;
}

function Parts({
  tokens,
  resolveLink,
}: {
  readonly tokens: readonly Token[];
  readonly resolveLink: ResolveLink;
}) {
  return tokens.map((token, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a text does not change its parts
    <Fragment key={index}>
      <One token={token} resolveLink={resolveLink} />
    </Fragment>
  ));
}

function One({ token, resolveLink }: Shown<Token>): ReactNode {
  const inner = () => <Parts tokens={('tokens' in token && token.tokens) || []} resolveLink={resolveLink} />;
  // Without extensions there are no others.
  const known = token as MarkedToken;
  switch (known.type) {
    case 'heading':
      return <Heading token={known} resolveLink={resolveLink} />;
    case 'paragraph':
      return <Box variant="p">{inner()}</Box>;
    case 'text':
      return known.tokens === undefined ? unescaped(known.text) : inner();
    case 'escape':
      return known.text;
    case 'strong':
      return <strong>{inner()}</strong>;
    case 'em':
      return <em>{inner()}</em>;
    case 'del':
      return <del>{inner()}</del>;
    case 'codespan':
      return (
        <Box variant="code" display="inline">
          <span className="breaks-anywhere">{known.text}</span>
        </Box>
      );
    case 'code':
      return <CodeBlock code={known.text} label={known.lang ? `${known.lang} code` : 'code'} />;
    case 'br':
      return <br />;
    case 'hr':
      return <hr />;
    case 'blockquote':
      return <blockquote>{inner()}</blockquote>;
    case 'link':
      return <LinkTo token={known} resolveLink={resolveLink} />;
    case 'image':
      // Pictures of these guides show this console, and are not part of it.
      return <em>{known.text}</em>;
    case 'list':
      return <List token={known} resolveLink={resolveLink} />;
    case 'table':
      return <Table token={known} resolveLink={resolveLink} />;
    case 'space':
      return undefined;
    default:
      return known.raw;
  }
}

/** The entities that Markdown leaves in texts. */
function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

/** The anchor of a heading, as GitHub makes it. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

function Heading({ token, resolveLink }: Shown<Tokens.Heading>) {
  const level = Math.min(5, Math.max(2, token.depth));
  const variant = (['h2', 'h2', 'h2', 'h3', 'h4', 'h5'] as const)[level] ?? 'h2';
  return (
    <div id={anchorOf(token.text)}>
      <Box variant={variant} padding={{ top: 'm', bottom: 'xs' }}>
        <Parts tokens={token.tokens} resolveLink={resolveLink} />
      </Box>
    </div>
  );
}

function LinkTo({ token, resolveLink }: Shown<Tokens.Link>) {
  const path = resolveLink(token.href);
  const text = <Parts tokens={token.tokens} resolveLink={resolveLink} />;
  if (path !== undefined) return <PageLink path={path}>{text}</PageLink>;
  if (!/^https?:/.test(token.href)) return text;
  return (
    <Link href={token.href} external externalIconAriaLabel="Opens elsewhere">
      {text}
    </Link>
  );
}

function List({ token, resolveLink }: Shown<Tokens.List>) {
  const items = token.items.map((item, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a text does not change its parts
    <li key={index}>
      <Parts tokens={item.tokens} resolveLink={resolveLink} />
    </li>
  ));
  return token.ordered ? <ol>{items}</ol> : <ul>{items}</ul>;
}

function Table({ token, resolveLink }: Shown<Tokens.Table>) {
  return (
    <ScrollRegion label="Table">
      <table>
        <thead>
          <tr>
            {token.header.map((cell, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a text does not change its parts
              <th key={index} scope="col">
                <Parts tokens={cell.tokens} resolveLink={resolveLink} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {token.rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a text does not change its parts
            <tr key={index}>
              {row.map((cell, column) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a text does not change its parts
                <td key={column}>
                  <Parts tokens={cell.tokens} resolveLink={resolveLink} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
