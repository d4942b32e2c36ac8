import type { Input } from '@pulumi/pulumi/index.js';

/** A statement of an IAM policy, with the fields used here (IAM, 'JSON policy elements'). */
export interface Statement {
  Sid: string;
  Effect: 'Allow' | 'Deny';
  /** Only in resource policies and trust policies of roles. */
  Principal?: '*' | Record<string, Input<string>>;
  Action: string | string[];
  Resource?: Input<string> | Input<string>[];
  Condition?: Record<string, Record<string, Input<string>>>;
}

/** Text of a policy, once its outputs are known. */
export interface IamPolicy {
  Version: '2012-10-17';
  Statement: Input<Statement>[];
}

export function policy(...Statement: Input<Statement>[]): IamPolicy {
  return { Version: '2012-10-17', Statement };
}
