import { type Policy, Refusal } from 'nestjs-revocable-jwt';

/** Ends a token once its user has moved to another tenant. */
export const sameTenant: Policy = {
  name: 'sameTenant',
  columns: ['tenantId'],
  stamps: { tenant: 'string' },
  stamp: (state) => ({ tenant: String(state.subject.columns['tenantId']) }),
  judge: (claims, state) =>
    claims['tenant'] === String(state.subject.columns['tenantId'])
      ? undefined
      : new Refusal('token_superseded'),
};
