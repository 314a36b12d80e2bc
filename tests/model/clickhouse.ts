// The table: an insert is one block, applied whole or not at all; it is refused when it holds a bad row, and dropped when its
// token is among the last `window` ones.

import type { Add, Configuration, Insert, World } from "./world.ts";

export function isBad(c: Configuration, w: World, id: number): boolean {
  return c.rows[id].kind === "bad" && !w.table.altered;
}

/** Whether the server answers that the insert is in the table. */
export function landInsert(c: Configuration, w: World, insert: Insert): boolean {
  if (insert.rows.some((id) => isBad(c, w, id))) return false;
  if (w.table.window.includes(insert.token)) return true;
  for (const id of insert.rows) w.table.rows[id]++;
  w.table.window.push(insert.token);
  if (w.table.window.length > c.window) w.table.window.shift();
  return true;
}

export function tableSteps(c: Configuration, w: World, add: Add): void {
  w.lanes.forEach((lane, l) => {
    lane.lateInserts.forEach((insert, i) => {
      add("optional", `late insert ${insert.token} lands`, (t) => {
        t.lanes[l].lateInserts.splice(i, 1);
        landInsert(c, t, insert);
      });
    });
  });
  if (w.left.alter > 0) {
    add("optional", "the table is altered: bad rows become good", (t) => {
      t.left.alter--;
      t.table.altered = true;
    });
  }
}
