export { Campaign, type CampaignOptions, type CampaignProgress, type Launcher } from './campaign/campaign.ts';
export { lockCampaign } from './campaign/campaign-lock.ts';
export {
  type CampaignReport,
  campaignExit,
  campaignJson,
  campaignMarkdown,
  campaignReport,
  campaignText,
} from './campaign/campaign-report.ts';
export { type CampaignRun, CampaignState, type ShrinkTry } from './campaign/campaign-state.ts';
export { figuresOf, type Spread, spread } from './campaign/figures.ts';
export { keepFrom, runName } from './campaign/kept-files.ts';
export { type CampaignPlan, campaignId, refuseOther, scenarioOfRun, survivable } from './campaign/plan.ts';
export { makeRegressions, type Regression, type RegressionOptions, type ShrinkProgress } from './campaign/regressions.ts';
export { failsOften, type TrialLimits } from './campaign/repeated-trial.ts';
export { type JudgedRun, type RunOutcome, type RunVerdict, readReport } from './campaign/run-outcome.ts';
export { type ShrinkOptions, type ShrunkSchedule, shrinkSchedule } from './campaign/shrink-schedule.ts';
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
export { failureDocument, historyDocument, ownVersions, scenarioDocument } from './html-sources.ts';
export { type DiagramEvent, messageDiagram } from './message-diagram.ts';
export { type QueueAddress, queueAddress } from './queue/queue-address.ts';
export { QueueLauncher, type QueueLauncherOptions } from './queue/queue-launcher.ts';
export { type QueueWorkerOptions, type WorkerSystem, workAtQueue } from './queue/queue-worker.ts';
export { moduleHash, type RunOrder, sameModule, systemToken } from './queue/run-order.ts';
export { type CheckOutcome, countsOf, exitCodeOf, type HistoryCounts, type HistoryReport, overall } from './report.ts';
export { jsonReport, REPORT_VERSION, renderJson } from './report-json.ts';
export { escapeXml, renderJunit } from './report-junit.ts';
export { renderText } from './report-text.ts';
export { type JudgedScenario, judgeScenario } from './scenario-checks.ts';
export { placeInScenarioFile, readReplayFile, readScenario, readScenarioFile, scenarioYaml } from './scenario-file.ts';
export { type FailureSize, makeSmall, type SearchOptions, type SmallFailure, search } from './search.ts';
export { runScenario, type SimulatedScenario } from './simulated-scenario.ts';
export { simulatorTarget } from './simulator-target.ts';
export { type Attachment, attachableFaults } from './system/attachment.ts';
export { Clients, type ClientsOptions } from './system/clients.ts';
export type { FaultBite } from './system/evidence.ts';
export { checkFits } from './system/fitness.ts';
export { checksFor, type JudgeOptions, judgeRun } from './system/judge-run.ts';
export type { CarryOut, FaultHappening, Machinery, Nemesis, ScheduleContext } from './system/machinery.ts';
export { namespaceNemesis } from './system/namespace-nemesis.ts';
export { Recorder } from './system/recorder.ts';
export type { RunCounts } from './system/run-counts.ts';
export { dropData, type RunDirectory } from './system/run-directory.ts';
export { type RunFacts, runOnSystem, type Stage, type SystemRun, type SystemRunOptions } from './system/run-on-system.ts';
export { type SystemReport, systemReportJson, systemReportText } from './system/system-report.ts';
export { systemReportHtml } from './system/system-report-html.ts';
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
