import { describe, expect, it } from "vitest";
import { xenGuest } from "../../test/xen-guest.ts";

const GRANT_TABLE_OP = 20;
const AT = 0x800;
const SELF = 0x7ff0;

// Expectations: xen/include/public/grant_table.h.
describe("[hypercalls] grant_table_op", () => {
  it("query_size: 32 frames at most, GNTST_okay; another domain is GNTST_bad_domain", () => {
    const { call, view } = xenGuest();
    view.setUint16(AT, SELF, true);
    expect(call(GRANT_TABLE_OP, 6, AT, 1)).toBe(0);
    expect([view.getUint32(AT + 8, true), view.getInt16(AT + 12, true)]).toEqual([32, 0]);
    view.setUint16(AT, 5, true);
    expect(call(GRANT_TABLE_OP, 6, AT, 1)).toBe(0);
    expect(view.getInt16(AT + 12, true)).toBe(-2);
  });

  it("version 1, and only that", () => {
    const { call, view } = xenGuest();
    view.setUint32(AT, 1, true);
    expect(call(GRANT_TABLE_OP, 8, AT, 1)).toBe(0);
    view.setUint32(AT, 2, true);
    expect(call(GRANT_TABLE_OP, 8, AT, 1)).toBe(-22);
    view.setUint16(AT, SELF, true);
    expect(call(GRANT_TABLE_OP, 10, AT, 1)).toBe(0);
    expect(view.getUint32(AT + 4, true)).toBe(1);
    view.setUint16(AT, 9, true);
    expect(call(GRANT_TABLE_OP, 10, AT, 1)).toBe(-3);
  });

  it.each([6, 8, 10])("command %d: one at a time, in memory that is there", (command) => {
    const { call, vcpu } = xenGuest();
    expect([call(GRANT_TABLE_OP, command, AT, 0), call(GRANT_TABLE_OP, command, AT, 0xffff_ffff)]).toEqual([-22, -22]);
    vcpu.missing.add(0);
    expect(call(GRANT_TABLE_OP, command, AT, 1)).toBe(-14);
  });

  it.each([0, 1, 2, 3, 4, 5, 7, 9, 11, 12, 13, 0xffff_ffff])("command %d needs a second domain: -ENOSYS", (command) => {
    expect(xenGuest().call(GRANT_TABLE_OP, command, AT, 1)).toBe(-38);
  });
});
