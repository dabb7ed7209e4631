export { type CheckHistoryOptions, type CheckProgress, checkHistory } from './history.ts';
export { type BudgetLimits, defaultLimits, parseBudget, startBudget } from './history-budget.ts';
export { type CheckOutcome, countsOf, exitCodeOf, type HistoryCounts, type HistoryReport, overall } from './report.ts';
export { jsonReport, REPORT_VERSION, renderJson } from './report-json.ts';
export { escapeXml, renderJunit } from './report-junit.ts';
export { renderText } from './report-text.ts';
export { readScenario, readScenarioFile } from './scenario-file.ts';
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
