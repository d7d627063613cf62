import { describe, expect, it } from 'vitest';
import {
  AuthTable,
  byDefault,
  integer,
  nullable,
  primary,
  text,
} from '../../lib/database/tables/table.js';

const TABLE = new AuthTable(
  'auth_example',
  {
    id: primary(text(36)),
    endedAt: nullable(integer),
    head: byDefault(integer, 0),
  },
  { auth_example_ended: ['endedAt', 'id'] },
);

describe('the description of a table', () => {
  it('names columns and gives the entity', () => {
    expect(TABLE.list).toBe('id, ended_at, head');
    expect(TABLE.entity.options).toMatchObject({
      tableName: 'auth_example',
      columns: {
        id: { name: 'id', type: 'varchar', length: 36, primary: true },
        endedAt: { name: 'ended_at', type: 'bigint', nullable: true },
        head: { name: 'head', type: 'bigint', default: 0 },
      },
      indices: [{ name: 'auth_example_ended', columns: ['endedAt', 'id'] }],
    });
  });

  it.each([
    ['texts and bigints', { id: 'a', ended_at: '17', head: 3n }, 17],
    ['numbers', { id: 'a', ended_at: 17, head: '3', more: true }, 17],
    ['NULL', { id: 'a', ended_at: null, head: 3 }, null],
  ])('reads %s as drivers give them', (_, row, endedAt) => {
    expect(TABLE.read(row)).toEqual({ id: 'a', endedAt, head: 3 });
  });

  it('refuses a missing number, and a value that is not a number', () => {
    expect(() => TABLE.read({ id: 'a', ended_at: null })).toThrow('whole number');
    expect(() => TABLE.read({ id: 'a', ended_at: 'soon', head: 0 })).toThrow('whole number');
  });

  it('picks columns in the order in which they are named, as a UNION needs it', () => {
    expect(TABLE.pick('head', 'id').list).toBe('head, id');
    expect(TABLE.without('id').list).toBe('ended_at, head');
    expect(TABLE.pick('head', 'id').read({ head: '3', id: 'a', ended_at: 1 })).toEqual({
      head: 3,
      id: 'a',
    });
  });
});
