import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useLocation } from 'wouter';
import { Page } from '../layout/page.tsx';
import { useSession } from '../session/context.ts';
import { ActivityPart } from './activity-part.tsx';
import { AnswerTimesPart } from './answer-times-part.tsx';
import { AttentionPart } from './attention-part.tsx';
import { useKeySurvey } from './key-survey.ts';
import { KeysPart } from './keys-part.tsx';

/** The first page: how the keys are, what was called of late, and what somebody should look into. */
export function Overview() {
  const { session } = useSession();
  const [, navigate] = useLocation();
  const survey = useKeySurvey(session);
  return (
    <Page
      title="Overview"
      description="This account in this Region."
      actions={
        <Button variant="primary" onClick={() => navigate('/keys/create')}>
          Create key
        </Button>
      }
    >
      <SpaceBetween size="l">
        <KeysPart survey={survey} />
        <AttentionPart survey={survey} />
        <ActivityPart />
        {!survey.running && <AnswerTimesPart />}
      </SpaceBetween>
    </Page>
  );
}
