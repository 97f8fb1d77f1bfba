import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { type CarrierKind, nameIn, pathOfKind } from './identities/paths.ts';
import { PageLink } from './layout/link.tsx';
import { Loading, Page } from './layout/page.tsx';

const ReferenceIndex = lazy(() =>
  import('./reference/reference.tsx').then(({ ReferenceIndex }) => ({ default: ReferenceIndex })),
);
const OperationReference = lazy(() =>
  import('./reference/operation.tsx').then(({ OperationReference }) => ({ default: OperationReference })),
);
const Guides = lazy(() => import('./reference/guides.tsx').then(({ Guides }) => ({ default: Guides })));
const Guide = lazy(() => import('./reference/guides.tsx').then(({ Guide }) => ({ default: Guide })));
const KeyDetail = lazy(() =>
  import('./keys/key-detail.tsx').then(({ KeyDetail }) => ({ default: KeyDetail })),
);
const CreateKey = lazy(() =>
  import('./keys/create-key.tsx').then(({ CreateKey }) => ({ default: CreateKey })),
);
const PolicyEditor = lazy(() =>
  import('./policy/policy-editor.tsx').then(({ PolicyEditor }) => ({ default: PolicyEditor })),
);
const WhyDenied = lazy(() =>
  import('./access/why-denied.tsx').then(({ WhyDenied }) => ({ default: WhyDenied })),
);
const Audit = lazy(() => import('./audit/audit.tsx').then(({ Audit }) => ({ default: Audit })));
const EventDetail = lazy(() =>
  import('./audit/event-detail.tsx').then(({ EventDetail }) => ({ default: EventDetail })),
);
const Carriers = lazy(() =>
  import('./identities/carriers.tsx').then(({ Carriers }) => ({ default: Carriers })),
);
const CarrierDetail = lazy(() =>
  import('./identities/carrier-detail.tsx').then(({ CarrierDetail }) => ({ default: CarrierDetail })),
);
const ManagedPolicies = lazy(() =>
  import('./identities/managed-policies.tsx').then(({ ManagedPolicies }) => ({ default: ManagedPolicies })),
);
const ManagedPolicy = lazy(() =>
  import('./identities/managed-policy.tsx').then(({ ManagedPolicy }) => ({ default: ManagedPolicy })),
);
const IdentityProviders = lazy(() =>
  import('./identities/identity-providers.tsx').then(({ IdentityProviders }) => ({
    default: IdentityProviders,
  })),
);
const IdentityProvider = lazy(() =>
  import('./identities/identity-provider.tsx').then(({ IdentityProvider }) => ({
    default: IdentityProvider,
  })),
);
const Overview = lazy(() =>
  import('./overview/overview.tsx').then(({ Overview }) => ({ default: Overview })),
);
const Tools = lazy(() => import('./tools/tools.tsx').then(({ Tools }) => ({ default: Tools })));
const Keys = lazy(() => import('./keys/keys.tsx').then(({ Keys }) => ({ default: Keys })));

const KINDS: readonly CarrierKind[] = ['User', 'Group', 'Role'];

/** Every page by its path. What is not on the first one is fetched when it is gone to. */
export function Pages() {
  return (
    <Suspense fallback={<Loading what="Loading" />}>
      <Switch>
        <Route path="/">
          <Redirect to="/overview" replace />
        </Route>
        <Route path="/overview">
          <Overview />
        </Route>
        <Route path="/keys">
          <Keys />
        </Route>
        <Route path="/reference">
          <ReferenceIndex />
        </Route>
        <Route path="/reference/:service/:name">
          {({ service, name }) => <OperationReference service={service} name={name} />}
        </Route>
        <Route path="/guides">
          <Guides />
        </Route>
        <Route path="/guides/:name">{({ name }) => <Guide key={name} name={name} />}</Route>
        <Route path="/keys/create">
          <CreateKey />
        </Route>
        <Route path="/keys/:keyId/policy">{({ keyId }) => <PolicyEditor keyId={keyId} />}</Route>
        <Route path="/keys/:keyId/:tab?">
          {({ keyId, tab }) => <KeyDetail key={keyId} keyId={keyId} tab={tab ?? 'key-policy'} />}
        </Route>
        <Route path="/tools/:tool?">{({ tool }) => <Tools tool={tool ?? 'encrypt'} />}</Route>
        <Route path="/access">
          <WhyDenied />
        </Route>
        <Route path="/identities/policies">
          <ManagedPolicies />
        </Route>
        <Route path="/identities/policies/:arn">
          {({ arn }) => <ManagedPolicy key={arn} arn={nameIn(arn)} />}
        </Route>
        <Route path="/identities/providers">
          <IdentityProviders />
        </Route>
        <Route path="/identities/providers/:arn">
          {({ arn }) => <IdentityProvider key={arn} arn={nameIn(arn)} />}
        </Route>
        {KINDS.map((kind) => (
          <Route key={kind} path={pathOfKind(kind)}>
            <Carriers key={kind} kind={kind} />
          </Route>
        ))}
        {KINDS.map((kind) => (
          <Route key={`one ${kind}`} path={`${pathOfKind(kind)}/:name/:tab?`}>
            {({ name, tab }) => (
              <CarrierDetail key={name} kind={kind} name={nameIn(name)} tab={tab ?? 'policies'} />
            )}
          </Route>
        ))}
        <Route path="/audit">
          <Audit />
        </Route>
        <Route path="/audit/:eventId">{({ eventId }) => <EventDetail eventId={eventId} />}</Route>
        <Route>
          <Page title="There is no such page">
            Go on with the <PageLink path="/keys">KMS keys</PageLink> or the{' '}
            <PageLink path="/reference">API reference</PageLink>.
          </Page>
        </Route>
      </Switch>
    </Suspense>
  );
}
