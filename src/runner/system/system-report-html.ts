/** The report as one HTML file that needs nothing else. */
import { escapeXml } from '../report-junit.ts';
import { type SystemReport, systemReportText } from './system-report.ts';

export function systemReportHtml(report: SystemReport): string {
  const title = escapeXml(`${report.source}: ${report.verdict}`);
  const text = escapeXml(systemReportText(report)).replaceAll('&#10;', '\n');
  return `<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>${title}</title>\n<body><h1>${title}</h1><pre>${text}</pre></body></html>\n`;
}
