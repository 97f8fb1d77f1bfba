import {
  type MatchedStatement,
  mostRestrictive,
  type SimulatedDecision,
  type SimulatedResult,
  type Simulation,
  simulate,
} from '../../iam/index.ts';
import type { Call } from '../operation.ts';
import { iamPage, type PageRequest, pageOfAll } from './pages.ts';
import * as refusals from './refusals.ts';

/* Carrying a simulation out, and showing what came of it. */

/**
 * How much may be held against each other for one page of results: characters of policies times characters of
 * resources. Takes less than a second.
 */
const WORK = 500_000_000;
const DEFAULT_ITEMS = 100;

interface Questions {
  readonly ActionNames: readonly string[];
  readonly ResourceArns?: readonly string[] | undefined;
}

/**
 * One page of results, an action each; fewer than asked for when there is much to hold against each other.
 *
 * @throws ServiceError `InvalidInput` when it is too much for a single action
 */
export async function pageOfResults(call: Call<PageRequest & Questions, unknown>, simulation: Simulation) {
  const { ActionNames, ResourceArns = [], MaxItems = DEFAULT_ITEMS } = call.input;
  const resources = ResourceArns.length === 0 ? ['*'] : ResourceArns;
  const work = sizeOfPolicies(simulation) * resources.join('').length;
  if (work > WORK) throw refusals.simulationTooLarge(resources.length);
  const limited = {
    ...call,
    input: { ...call.input, MaxItems: Math.min(MaxItems, Math.floor(WORK / work)) },
  };
  const questions = ActionNames.map((action, index) => ({ action, position: positions(index) }));
  const positionOf = ({ position }: (typeof questions)[number]) => position;
  const { items, page } = await iamPage(limited, ActionNames, pageOfAll(questions, positionOf), positionOf);
  return {
    EvaluationResults: items.map(({ action }) => evaluate(simulation, action, resources)),
    ...page,
  };
}

/** Numbers in the order of their texts. */
function positions(index: number): string {
  return String(index).padStart(9, '0');
}

function sizeOfPolicies({ identityPolicies, permissionsBoundary, resourcePolicy }: Simulation): number {
  const sources = [...identityPolicies, permissionsBoundary, resourcePolicy];
  return sources.reduce((sum, source) => sum + (source?.text.length ?? 0), 1);
}

/** The result for one action: for all resources together and, where the request names any, for each. */
function evaluate(simulation: Simulation, action: string, resources: readonly string[]) {
  const results = resources.map((resource) => ({ resource, ...simulate(simulation, action, resource) }));
  const decision = mostRestrictive(results.map((result) => result.decision));
  const isAboutAll = resources.every((resource) => resource === '*');
  const boundary = simulation.permissionsBoundary && results.every((result) => result.allowedByBoundary);
  return {
    EvalActionName: action,
    EvalResourceName: '*',
    EvalDecision: decision,
    MatchedStatements: showStatements(
      results.filter((result) => result.decision === decision).flatMap(({ matched }) => matched),
    ),
    MissingContextValues: [...new Set(results.flatMap(({ missingKeys }) => missingKeys))],
    PermissionsBoundaryDecisionDetail: showBoundaryDetail(boundary),
    EvalDecisionDetails: isAboutAll ? undefined : combineDetails(results),
    ResourceSpecificResults: isAboutAll
      ? undefined
      : results.map((result) => ({
          EvalResourceName: result.resource,
          EvalResourceDecision: result.decision,
          MatchedStatements: showStatements(result.matched),
          MissingContextValues: result.missingKeys,
          EvalDecisionDetails: result.decisionByPolicyType,
          PermissionsBoundaryDecisionDetail: showBoundaryDetail(result.allowedByBoundary),
        })),
  };
}

function showBoundaryDetail(allowed: boolean | undefined) {
  return allowed === undefined ? undefined : { AllowedByPermissionsBoundary: allowed };
}

/** Each statement once. */
function showStatements(statements: readonly MatchedStatement[]) {
  const distinct = new Map(
    statements.map((each) => [`${each.policyType} ${each.policyId} ${each.line} ${each.column}`, each]),
  );
  return [...distinct.values()].map(({ policyId, policyType, line, column }) => ({
    SourcePolicyId: policyId,
    SourcePolicyType: policyType,
    StartPosition: { Line: line, Column: column },
  }));
}

/** The most restrictive decision by kind of policy; none within an account. */
function combineDetails(results: readonly SimulatedResult[]): Readonly<Record<string, SimulatedDecision>> {
  const combined: Record<string, SimulatedDecision> = {};
  for (const { decisionByPolicyType = {} } of results) {
    for (const [type, decision] of Object.entries(decisionByPolicyType))
      combined[type] = mostRestrictive([combined[type] ?? 'allowed', decision]);
  }
  return combined;
}
