import AppLayoutToolbar from '@cloudscape-design/components/app-layout-toolbar';
import { type ReactNode, useContext, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { Pages } from '../pages.tsx';
import { type ChangeSession, SessionContext } from '../session/context.ts';
import { SignIn } from '../session/sign-in.tsx';
import { DevelopmentNotice } from './development-notice.tsx';
import { Navigation } from './navigation.tsx';
import { Loading } from './page.tsx';
import { TopBar } from './top-bar.tsx';

/** The frame around every page. What needs somebody to be signed in asks for that in place of the page. */
export function Shell({
  signingIn,
  reason,
  changeSession,
}: {
  readonly signingIn: boolean;
  readonly reason: string | undefined;
  readonly changeSession: ChangeSession;
}) {
  const signed = useContext(SessionContext);
  const [path] = useLocation();
  const [navigationOpen, setNavigationOpen] = useState(window.innerWidth > 1100);

  // biome-ignore lint/correctness/useExhaustiveDependencies: with every new page
  useEffect(() => {
    // A link to a part of a page leads there.
    if (window.location.hash === '') window.scrollTo(0, 0);
    if (window.innerWidth <= 688) setNavigationOpen(false);
  }, [path]);

  const isPublic = path.startsWith('/reference') || path.startsWith('/guides');
  let content: ReactNode;
  if (signed !== undefined || isPublic) content = <Pages key={keyOf(signed?.session)} />;
  else if (signingIn) content = <Loading what="Signing in" />;
  else content = <SignIn changeSession={changeSession} reason={reason} />;

  return (
    <>
      <TopBar />
      <AppLayoutToolbar
        headerSelector="#top-navigation"
        toolsHide
        navigation={<Navigation />}
        navigationOpen={navigationOpen}
        onNavigationChange={({ detail }) => setNavigationOpen(detail.open)}
        ariaLabels={{
          navigation: 'Pages',
          navigationClose: 'Close the list of pages',
          navigationToggle: 'Open the list of pages',
        }}
        maxContentWidth={1440}
        notifications={<DevelopmentNotice />}
        content={content}
      />
    </>
  );
}

/** Nothing that one caller was shown, or of one Region, stays for another. */
function keyOf(session: { readonly arn: string; readonly region: string } | undefined): string {
  return session === undefined ? 'nobody' : `${session.arn} ${session.region}`;
}
