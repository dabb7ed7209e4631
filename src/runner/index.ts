export { type FailureStory, failureStory, faultInWords, type StoryOptions } from './failure-story.ts';
export { type CheckHistoryOptions, type CheckProgress, checkHistory } from './history.ts';
export { type BudgetLimits, defaultLimits, parseBudget, startBudget } from './history-budget.ts';
export type { LogLine, NodeLog } from './html-logs.ts';
export type {
  BeliefSegment,
  ColumnCoding,
  ColumnName,
  ColumnPart,
  ReportAnomaly,
  ReportBeliefs,
  ReportCheck,
  ReportFault,
  ReportMeta,
} from './html-payload.ts';
export { htmlReport, type ReportDocument } from './html-report.ts';
export { historyDocument, ownVersions, scenarioDocument } from './html-sources.ts';
export { type DiagramEvent, messageDiagram } from './message-diagram.ts';
export { type CheckOutcome, countsOf, exitCodeOf, type HistoryCounts, type HistoryReport, overall } from './report.ts';
export { jsonReport, REPORT_VERSION, renderJson } from './report-json.ts';
export { escapeXml, renderJunit } from './report-junit.ts';
export { renderText } from './report-text.ts';
export { type JudgedScenario, judgeScenario } from './scenario-checks.ts';
export { readScenario, readScenarioFile } from './scenario-file.ts';
export { type FailureSize, makeSmall, type SearchOptions, type SmallFailure, search } from './search.ts';
export { runScenario, type SimulatedScenario } from './simulated-scenario.ts';
export { simulatorTarget } from './simulator-target.ts';
export {
  type TestResult,
  type TestVerdict,
  type ValidateOptions,
  type ValidationReport,
  type ValidationTarget,
  validate,
  validationExit,
  validationJson,
} from './validate/index.ts';
