import * as z from 'zod/mini';
import type { NewOrder } from './orders-api.ts';

/** Lines of one order, as the API takes them. */
export const mostLines = 100;
const mostQuantity = 1_000;
/** The API keeps cents in 32 bits. */
const mostPrice = 21_474_836;

/** Names of the fields of a line. */
export function lineFields(i: number): { sku: string; quantity: string; price: string } {
  return { sku: `sku-${i}`, quantity: `quantity-${i}`, price: `price-${i}` };
}

type Line = NewOrder['lines'][number];

/** The form of an order: a customer, and fields for each line by `lineFields`. A line whose fields are all empty is left out. */
export const orderInput = z.pipe(
  z.record(z.string(), z.string()),
  z.transform((fields: Record<string, string>, { issues }): NewOrder => {
    const wrong = (field: string, message: string): void => {
      issues.push({ code: 'custom', path: [field], message, input: fields[field] });
    };
    const customer = fields.customer?.trim() ?? '';
    if (customer === '') wrong('customer', 'Give a name.');
    if (customer.length > 200) wrong('customer', 'At most 200 characters.');
    const lines = Array.from({ length: mostLines }, (_, i) => lineOf(fields, i, wrong)).filter(
      (line) => line !== undefined,
    );
    if (lines.length === 0) wrong(lineFields(0).sku, 'Name at least one article.');
    return { customer, lines };
  }),
);

/** The line of a number; undefined if its fields are empty. */
function lineOf(
  fields: Record<string, string>,
  i: number,
  wrong: (field: string, message: string) => void,
): Line | undefined {
  const names = lineFields(i);
  const [sku = '', quantity = '', price = ''] = [names.sku, names.quantity, names.price].map((name) =>
    fields[name]?.trim(),
  );
  if (sku === '' && quantity === '' && price === '') return undefined;
  if (sku === '') wrong(names.sku, 'Name the article.');
  if (sku.length > 100) wrong(names.sku, 'At most 100 characters.');
  if (!/^\d{1,4}$/.test(quantity) || Number(quantity) < 1 || Number(quantity) > mostQuantity)
    wrong(names.quantity, `Write a whole number from 1 to ${mostQuantity}.`);
  if (!/^\d{1,8}(?:[.,]\d{1,2})?$/.test(price) || Number.parseInt(price, 10) >= mostPrice)
    wrong(names.price, `Write an amount such as 12.50, below ${mostPrice}.`);
  return { sku, quantity: Number(quantity), unitPrice: Math.round(Number(price.replace(',', '.')) * 100) };
}
