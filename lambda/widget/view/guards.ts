import type { GuardResult } from '../../core/report/run-record';
import { guardName } from '../../shared/guards';
import { type Html, html } from '../html';
import { clip, fitting, prose } from './text';

const BYTES = 3000;

/** What makes the allowlist effective, and whether it does. The warnings describe its problems. */
export function guardsSection(guards: readonly GuardResult[]): Html[] {
  if (guards.length === 0) return [];
  const { shown } = fitting(guards.map(guardRow), BYTES);
  return [
    html`<div class="box"><h3>Guards</h3><table><thead><tr><th>guard</th><th class="outcome">outcome</th></tr></thead><tbody>${shown}</tbody></table></div>`,
  ];
}

function guardRow(guard: GuardResult): Html {
  const { outcome, notes } = guard;
  const details = notes.map((note) => html`<div class="quiet">${prose(clip(note, 200))}</div>`);
  return html`<tr><td>${prose(clip(guardName(guard), 120))}${details}</td><td class="outcome ${TONES[outcome]}">${outcome}</td></tr>`;
}

const TONES = { guarding: 'good', counting: 'wait', exposed: 'bad', unknown: 'bad' } as const;
