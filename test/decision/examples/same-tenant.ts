import { PolicyConfigurationError, type PolicyFactory } from '../../../lib/decision/policy.js';
import { Refusal } from '../../../lib/decision/refusal.js';

/** Ends a token once its user has moved to another tenant. */
export function sameTenant(column: string): PolicyFactory {
  return () => {
    if (column === '') {
      throw new PolicyConfigurationError(
        "sameTenant() needs a column; write sameTenant('tenantId').",
      );
    }
    return {
      name: 'sameTenant',
      columns: [column],
      stamps: ['tenant'],
      stamp: (state) => ({ tenant: String(state.subject.columns[column]) }),
      judge: (claims, state) =>
        claims['tenant'] === String(state.subject.columns[column])
          ? undefined
          : new Refusal('token_superseded'),
    };
  };
}
