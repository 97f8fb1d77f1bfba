import SideNavigation, { type SideNavigationProps } from '@cloudscape-design/components/side-navigation';
import { useLocation } from 'wouter';
import { hrefOf, pathOf } from './link.tsx';

const ITEMS: readonly (SideNavigationProps.Link | SideNavigationProps.Section)[] = [
  { type: 'link', text: 'Overview', href: hrefOf('/overview') },
  {
    type: 'section',
    text: 'Keys',
    items: [
      { type: 'link', text: 'KMS keys', href: hrefOf('/keys') },
      { type: 'link', text: 'Use keys', href: hrefOf('/tools') },
      { type: 'link', text: 'Why was this denied?', href: hrefOf('/access') },
    ],
  },
  {
    type: 'section',
    text: 'Identities',
    items: [
      { type: 'link', text: 'Users', href: hrefOf('/identities/users') },
      { type: 'link', text: 'Groups', href: hrefOf('/identities/groups') },
      { type: 'link', text: 'Roles', href: hrefOf('/identities/roles') },
      { type: 'link', text: 'Managed policies', href: hrefOf('/identities/policies') },
      { type: 'link', text: 'OpenID Connect providers', href: hrefOf('/identities/providers') },
    ],
  },
  {
    type: 'section',
    text: 'Audit',
    items: [{ type: 'link', text: 'Audit log', href: hrefOf('/audit') }],
  },
  {
    type: 'section',
    text: 'Documentation',
    items: [
      { type: 'link', text: 'API reference', href: hrefOf('/reference') },
      { type: 'link', text: 'Guides', href: hrefOf('/guides') },
    ],
  },
];

/** The list of pages at the side. */
export function Navigation() {
  const [path, navigate] = useLocation();
  const active = ITEMS.flatMap((item) => ('items' in item ? item.items : [item])).find(
    (item) => 'href' in item && path.startsWith(pathOf(item.href ?? '')),
  );
  return (
    <SideNavigation
      items={ITEMS}
      activeHref={active !== undefined && 'href' in active ? (active.href ?? '') : ''}
      onFollow={(event) => {
        event.preventDefault();
        navigate(pathOf(event.detail.href));
      }}
    />
  );
}
