import Box from '@cloudscape-design/components/box';
import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group';
import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { type ReactNode, useEffect } from 'react';
import { useLocation } from 'wouter';
import { hrefOf, pathOf } from './link.tsx';

/** One page of the console: its place among the others, its title, what can be done, and its content. */
export function Page({
  title,
  parents = [],
  description,
  actions,
  children,
}: {
  readonly title: string;
  /** The pages above it, from the top. */
  readonly parents?: readonly { readonly text: string; readonly path: string }[];
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}) {
  const [, navigate] = useLocation();
  useEffect(() => {
    document.title = `${title} - QKMS console`;
  }, [title]);
  return (
    <SpaceBetween size="m">
      {parents.length > 0 && (
        <BreadcrumbGroup
          ariaLabel="Where this page is"
          items={[
            ...parents.map(({ text, path }) => ({ text, href: hrefOf(path) })),
            { text: title, href: '#' },
          ]}
          onFollow={(event) => {
            event.preventDefault();
            if (event.detail.href !== '#') navigate(pathOf(event.detail.href));
          }}
        />
      )}
      <ContentLayout
        header={
          <Header variant="h1" description={description} actions={actions}>
            <span className="breaks-anywhere">{title}</span>
          </Header>
        }
      >
        {children}
      </ContentLayout>
    </SpaceBetween>
  );
}

/** Says that something is on its way. */
export function Loading({ what }: { readonly what: string }) {
  return (
    <Box textAlign="center" padding="xxl">
      <span role="status">
        <Spinner /> {what} …
      </span>
    </Box>
  );
}
