import { reference } from 'virtual:reference';
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useSearchParams } from 'wouter';
import { PageLink } from '../layout/link.tsx';
import { InlineMarkdown } from '../layout/markdown.tsx';
import { Page } from '../layout/page.tsx';
import { search } from './search.ts';
import { SERVICE_NAMES } from './services.ts';

/** All operations, and what is found when something is searched for. */
export function ReferenceIndex() {
  const [parameters, setParameters] = useSearchParams();
  const query = parameters.get('q') ?? '';
  return (
    <Page
      title="API reference"
      description="Every operation, with a form to try it out. Made from the declarations that the server itself runs on."
    >
      <SpaceBetween size="l">
        <Input
          type="search"
          ariaLabel="Search the reference and the guides"
          placeholder="Search operations, members, errors, condition keys and guides"
          value={query}
          onChange={({ detail }) =>
            setParameters(detail.value === '' ? {} : { q: detail.value }, { replace: true })
          }
        />
        {query.trim() === '' ? <AllOperations /> : <Hits query={query} />}
      </SpaceBetween>
    </Page>
  );
}

function AllOperations() {
  return [...SERVICE_NAMES].map(([service, title]) => {
    const operations = reference.operations.filter((page) => page.service === service);
    return (
      <Container
        key={service}
        header={
          <Header variant="h2" counter={`(${operations.length})`}>
            {title}
          </Header>
        }
      >
        <ul className="operations">
          {operations.map(({ name, summary }) => (
            <li key={name}>
              <PageLink path={`/reference/${service}/${name}`}>{name}</PageLink>
              <Box color="text-body-secondary">
                <InlineMarkdown text={summary} />
              </Box>
            </li>
          ))}
        </ul>
      </Container>
    );
  });
}

function Hits({ query }: { readonly query: string }) {
  const hits = search(query);
  return (
    <Container
      header={
        <Header variant="h2" counter={`(${hits.length})`}>
          Found
        </Header>
      }
    >
      <div role="status">
        {hits.length === 0 ? (
          <Box>Nothing has all of these words.</Box>
        ) : (
          <ul className="operations">
            {hits.map(({ path, title, kind, excerpt }) => (
              <li key={path}>
                <PageLink path={path}>{title}</PageLink> <Box variant="small">{kind}</Box>
                <Box color="text-body-secondary">
                  <InlineMarkdown text={excerpt} />
                </Box>
              </li>
            ))}
          </ul>
        )}
      </div>
    </Container>
  );
}
