import type { Input } from '@pulumi/pulumi/index.js';

/** A statement of an IAM policy, as far as it is used here (IAM, 'JSON policy elements'). */
export interface Statement {
  Sid: string;
  Effect: 'Allow' | 'Deny';
  /** Of policies at a resource and of those that say who may take a role. */
  Principal?: '*' | Record<string, Input<string>>;
  Action: string | string[];
  Resource?: Input<string> | Input<string>[];
  Condition?: Record<string, Record<string, Input<string>>>;
}

/** A policy's text, without the parts that are still to be known. */
export interface IamPolicy {
  Version: '2012-10-17';
  Statement: Input<Statement>[];
}

export function policy(...Statement: Input<Statement>[]): IamPolicy {
  return { Version: '2012-10-17', Statement };
}
