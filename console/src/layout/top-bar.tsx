import TopNavigation, { type TopNavigationProps } from '@cloudscape-design/components/top-navigation';
import { useContext, useState } from 'react';
import { useLocation } from 'wouter';
import logo from '../logo.svg';
import { AssumeRole } from '../session/assume-role.tsx';
import { ChooseRegion } from '../session/choose-region.tsx';
import { SessionContext } from '../session/context.ts';
import { REGIONS, type Session } from '../session/session.ts';
import { SwitchAccount } from '../session/switch-account.tsx';
import { hrefOf } from './link.tsx';
import { useTheme } from './theme.ts';

const HALF_MOON = (
  <svg viewBox="0 0 16 16" aria-hidden="true">
    <circle cx="8" cy="8" r="6" />
    <path className="filled" d="M8 2a6 6 0 0 1 0 12z" />
  </svg>
);

type Question = 'role' | 'region' | 'account' | undefined;

/** The bar at the top: who is signed in and for which Region, and how to change that. */
export function TopBar() {
  const signed = useContext(SessionContext);
  const theme = useTheme();
  const [, navigate] = useLocation();
  const [question, setQuestion] = useState<Question>();
  const close = () => setQuestion(undefined);

  const utilities: TopNavigationProps.Utility[] = [
    {
      type: 'button',
      iconSvg: HALF_MOON,
      text: theme.isDark ? 'Light' : 'Dark',
      ariaLabel: theme.isDark ? 'Show everything light' : 'Show everything dark',
      onClick: theme.toggle,
    },
  ];
  if (signed === undefined) {
    utilities.push({ type: 'button', text: 'Sign in', onClick: () => navigate('/overview') });
  } else {
    const { session, changeSession } = signed;
    utilities.push(
      {
        type: 'menu-dropdown',
        text: session.region,
        ariaLabel: `Region ${session.region}`,
        items: [
          { id: OTHER, text: 'Other Region …' },
          ...REGIONS.map((id) => ({ id, text: id, disabled: id === session.region })),
        ],
        onItemClick: ({ detail }) =>
          detail.id === OTHER ? setQuestion('region') : changeSession({ ...session, region: detail.id }),
      },
      {
        type: 'menu-dropdown',
        iconName: 'user-profile',
        text: nameOf(session),
        description: session.arn,
        ariaLabel: `Signed in as ${nameOf(session)}`,
        items: itemsFor(session),
        onItemClick({ detail }) {
          if (detail.id === 'sign-out') changeSession(undefined);
          else if (detail.id === 'return') changeSession(session.assumedFrom);
          else setQuestion(detail.id === 'role' ? 'role' : 'account');
        },
      },
    );
  }

  return (
    <>
      <div id="top-navigation">
        <TopNavigation
          identity={{
            href: hrefOf('/overview'),
            logo: { src: logo, alt: 'QKMS console' },
            onFollow(event) {
              event.preventDefault();
              navigate('/overview');
            },
          }}
          utilities={utilities}
          i18nStrings={{ overflowMenuTriggerText: 'More', overflowMenuTitleText: 'All' }}
        />
      </div>
      {question === 'role' && <AssumeRole close={close} />}
      {question === 'region' && <ChooseRegion close={close} />}
      {question === 'account' && <SwitchAccount close={close} />}
    </>
  );
}

const OTHER = 'other';

/** Such as `root @ 111122223333` or `backup/nightly @ 111122223333`. */
function nameOf({ arn, account }: Session): string {
  const resource = arn.split(':').slice(5).join(':');
  return `${resource.replace(/^(?:user|assumed-role|federated-user)\//, '')} @ ${account}`;
}

function itemsFor({ automatic, assumedFrom }: Session) {
  return [
    { id: 'role', text: 'Assume a role …' },
    ...(assumedFrom === undefined ? [] : [{ id: 'return', text: `Return to ${nameOf(assumedFrom)}` }]),
    ...(automatic ? [{ id: 'account', text: 'Switch to another account …' }] : []),
    { id: 'sign-out', text: 'Sign out' },
  ];
}
