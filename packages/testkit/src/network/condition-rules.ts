import { type LinkConditions, PERFECT_LINK } from './conditions.js';

/** Conditions set for all links that match; an absent end matches every address. */
interface ConditionRule {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly conditions: Partial<LinkConditions>;
}

/**
 * What was set for which links, for links that do not exist yet too. A later setting wins over an
 * earlier one, for the conditions it names and the links it matches.
 */
export class ConditionRules {
  #rules: ConditionRule[] = [];

  /** @param from @param to address keys; undefined for every address */
  add(from: string | undefined, to: string | undefined, conditions: Partial<LinkConditions>): void {
    const added: ConditionRule = { from, to, conditions: { ...conditions } };
    this.#rules = this.#rules.flatMap((rule) => withoutOverridden(rule, added));
    this.#rules.push(added);
  }

  /** The conditions of the link between two address keys. */
  effective(from: string, to: string): LinkConditions {
    let conditions = PERFECT_LINK;
    for (const rule of this.#rules) {
      if (matches(rule.from, from) && matches(rule.to, to)) {
        conditions = { ...conditions, ...rule.conditions };
      }
    }
    return conditions;
  }
}

/** Whether a setting for `pattern` concerns the address key `key`. */
export function matches(pattern: string | undefined, key: string): boolean {
  return pattern === undefined || pattern === key;
}

/** Keeps the list as short as it can be, however often a test changes conditions. */
function withoutOverridden(rule: ConditionRule, added: ConditionRule): ConditionRule[] {
  const covers =
    (added.from === undefined || added.from === rule.from) &&
    (added.to === undefined || added.to === rule.to);
  if (!covers) return [rule];
  const left = Object.entries(rule.conditions).filter(([name]) => !(name in added.conditions));
  return left.length === 0 ? [] : [{ ...rule, conditions: Object.fromEntries(left) }];
}
