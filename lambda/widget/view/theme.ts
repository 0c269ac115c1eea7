import type { WidgetContext } from '../context';
import { type Html, html } from '../html';

/** Colors of one theme. Each text color has a contrast of at least 4.5 on each surface (WCAG 2.2, 1.4.3). */
export interface Palette {
  readonly surface: string;
  readonly raised: string;
  readonly line: string;
  readonly text: string;
  readonly quiet: string;
  readonly good: string;
  readonly bad: string;
  readonly wait: string;
  readonly button: string;
  readonly onButton: string;
}

/** Similar to the colors of the console. */
export const PALETTES: Readonly<Record<WidgetContext['theme'], Palette>> = {
  light: {
    surface: '#ffffff',
    raised: '#f4f5f7',
    line: '#7d8998',
    text: '#16191f',
    quiet: '#545b64',
    good: '#06690d',
    bad: '#b5120a',
    wait: '#855900',
    button: '#0063b8',
    onButton: '#ffffff',
  },
  dark: {
    surface: '#161d26',
    raised: '#222b37',
    line: '#7d8998',
    text: '#e9ebed',
    quiet: '#b6bec9',
    good: '#6bd16f',
    bad: '#ff8a80',
    wait: '#f2c14e',
    button: '#75b7f0',
    onButton: '#0f1b2a',
  },
};

/** The style sheet, limited to the widget's own class, because other widgets share the dashboard. */
export function styleOf(theme: WidgetContext['theme']): Html {
  const { surface, raised, line, text, quiet, good, bad, wait, button, onButton } = PALETTES[theme];
  return html`<style>
.ia{background:${surface};color:${text};font:14px/1.45 system-ui,sans-serif;padding:12px;overflow-wrap:anywhere;color-scheme:${theme}}
.ia *{box-sizing:border-box}
.ia h2,.ia h3,.ia p,.ia ul{margin:0}
.ia h2{font-size:16px}
.ia h3{font-size:14px}
.ia ul{padding:0 0 0 18px}
.ia bdi{font-family:ui-monospace,monospace;font-size:13px}
.ia .prose{font:inherit}
.ia .top,.ia .buttons{display:flex;flex-wrap:wrap;gap:8px 16px;align-items:center}
.ia .top{justify-content:space-between}
.ia .grid{display:grid;gap:12px;grid-template-columns:repeat(auto-fit,minmax(min(100%,260px),1fr))}
.ia section{margin-top:16px}
.ia .box{background:${raised};border-radius:8px;padding:10px 12px;min-width:0}
.ia .bad-box{border-left:4px solid ${bad};margin-top:8px}
.ia .wait-box{border-left:4px solid ${wait};margin-top:8px}
.ia .quiet,.ia th{color:${quiet};font-weight:normal}
.ia .good{color:${good}}
.ia .bad{color:${bad}}
.ia .wait{color:${wait}}
.ia table{border-collapse:collapse;width:100%}
.ia th,.ia td{text-align:start;vertical-align:top;padding:2px 8px 2px 0}
.ia .day,.ia .outcome{white-space:nowrap}
.ia .day{text-align:end;padding-right:0}
.ia summary{cursor:pointer;padding:4px 0}
.ia .btn{font:inherit;font-weight:600;cursor:pointer;color:${button};background:${surface};border:2px solid ${button};border-radius:16px;padding:4px 14px}
.ia .primary{color:${onButton};background:${button}}
.ia .btn:focus-visible,.ia summary:focus-visible{outline:2px solid ${text};outline-offset:2px}
.ia svg{display:block;max-width:100%;height:auto;font:12px system-ui,sans-serif}
.ia svg text{fill:${quiet}}
.ia svg .line{stroke:${line};stroke-width:1}
.ia svg .now{stroke:${line};stroke-width:1;stroke-dasharray:3}
.ia svg .good{fill:${good}}
.ia svg .bad{fill:${bad}}
.ia svg .due{fill:${surface};stroke:${wait};stroke-width:2}
.ia cwdb-action{display:none}
</style>`;
}
