import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { lineFields, mostLines } from '../order-input.ts';
import { TextEntry } from './text-entry.tsx';

/** Fields for the lines of an order, with a button for one more. A line whose fields are all empty is left out. */
export function OrderLines() {
  const [count, setCount] = useState(1);
  return (
    <>
      {Array.from({ length: count }, (_, i) => {
        const { sku, quantity, price } = lineFields(i);
        return (
          // Lines are only added, at the end.
          <fieldset key={sku}>
            <legend>Line {i + 1}</legend>
            <TextEntry name={sku} label="Article" autoComplete="off" />
            <TextEntry name={quantity} label="Quantity" inputMode="numeric" autoComplete="off" />
            <TextEntry
              name={price}
              label="Price of one"
              hint="Such as 12.50."
              inputMode="decimal"
              autoComplete="off"
            />
          </fieldset>
        );
      })}
      {count < mostLines && <Button onPress={() => setCount(count + 1)}>Add a line</Button>}
    </>
  );
}
