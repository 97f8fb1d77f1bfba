import Badge from '@cloudscape-design/components/badge';
import Box from '@cloudscape-design/components/box';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { AccessExplanation, ExplainedStatement } from '../api/own-operations.ts';
import { CodeBlock } from '../layout/code-block.tsx';

const DECISIONS = {
  allowed: { type: 'success', text: 'Allowed' },
  explicitDeny: { type: 'error', text: 'Denied explicitly' },
  implicitDeny: { type: 'error', text: 'Denied: nothing allows it' },
  undetermined: { type: 'warning', text: 'It cannot be told' },
} as const;

/** A decision in short. */
export function Decision({ decision }: { readonly decision: AccessExplanation['Decision'] }) {
  const { type, text } = DECISIONS[decision];
  return <StatusIndicator type={type}>{text}</StatusIndicator>;
}

/** Why a request is allowed or denied: layer by layer, with the statements, and what would have to change. */
export function ExplanationView({ explanation }: { readonly explanation: AccessExplanation }) {
  const { Decision: decision, DecidingLayer, Message, Layers, Grants, Remedies } = explanation;
  return (
    <SpaceBetween size="m">
      <Box variant="h3">
        <Decision decision={decision} />
        {DecidingLayer !== undefined && ` (${DecidingLayer})`}
      </Box>
      {Message !== undefined && <Box>{<span className="breaks-anywhere">{Message}</span>}</Box>}
      {Remedies.length > 0 && (
        <div>
          <Box variant="h3">What would have to change</Box>
          <ul>
            {Remedies.map((text) => (
              <li key={text} className="breaks-anywhere">
                {text}
              </li>
            ))}
          </ul>
        </div>
      )}
      <div>
        <Box variant="h3">Layers</Box>
        {Layers.map(({ Layer, Verdict, Note, Statements }) => (
          <ExpandableSection
            key={Layer}
            headerText={`${Layer}: ${Verdict}`}
            {...(Note !== undefined && { headerDescription: Note })}
            defaultExpanded={Statements.some(({ Applies }) => Applies)}
          >
            {Statements.length === 0 ? (
              <Box>No statements.</Box>
            ) : (
              <SpaceBetween size="s">
                {Statements.map((statement) => (
                  <StatementView key={`${statement.Source} ${statement.Statement}`} statement={statement} />
                ))}
              </SpaceBetween>
            )}
          </ExpandableSection>
        ))}
        {Grants.length > 0 && (
          <ExpandableSection headerText={`grants: ${Grants.length}`}>
            <ul>
              {Grants.map(({ GrantId, Applies, Because }) => (
                <li key={GrantId} className="breaks-anywhere">
                  {GrantId}: {Applies ? 'permits it' : Because}
                </li>
              ))}
            </ul>
          </ExpandableSection>
        )}
      </div>
    </SpaceBetween>
  );
}

function StatementView({ statement }: { readonly statement: ExplainedStatement }) {
  const { Source, Statement, Sid, Effect, Line, Column, Text, Applies, Because } = statement;
  return (
    <div>
      <Box>
        <Badge color={Applies ? (Effect === 'Allow' ? 'green' : 'red') : 'grey'}>
          {Applies ? `${Effect} applies` : `${Effect} does not apply`}
        </Badge>{' '}
        <span className="breaks-anywhere">
          {Source}, statement {Statement}
          {Sid === undefined ? '' : ` (${Sid})`}, line {Line}, column {Column}
        </span>
      </Box>
      <Box variant="small">
        <span className="breaks-anywhere">{Because}</span>
      </Box>
      <CodeBlock label={`Statement ${Statement} of ${Source}`} code={Text} />
    </div>
  );
}
