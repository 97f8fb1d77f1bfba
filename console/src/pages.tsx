import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { PageLink } from './layout/link.tsx';
import { Loading, Page } from './layout/page.tsx';

const KeyDetail = lazy(() =>
  import('./keys/key-detail.tsx').then(({ KeyDetail }) => ({ default: KeyDetail })),
);
const Keys = lazy(() => import('./keys/keys.tsx').then(({ Keys }) => ({ default: Keys })));

/** Every page by its path. What is not on the first one is fetched when it is gone to. */
export function Pages() {
  return (
    <Suspense fallback={<Loading what="Loading" />}>
      <Switch>
        <Route path="/">
          <Redirect to="/keys" replace />
        </Route>
        <Route path="/keys">
          <Keys />
        </Route>
        <Route path="/keys/:keyId">{({ keyId }) => <KeyDetail keyId={keyId} />}</Route>
        <Route>
          <Page title="There is no such page">
            Go on with the <PageLink path="/keys">KMS keys</PageLink>.
          </Page>
        </Route>
      </Switch>
    </Suspense>
  );
}
