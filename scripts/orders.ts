import { callOptions } from './call/call-service.ts';
import { npmCommand } from './cli/command.ts';
import { parseOrderLine } from './orders/arguments.ts';
import { getOrder, listOrders, placeOrder } from './orders/calls.ts';

const program = npmCommand('orders').description(
  'Places and reads orders, with a client certificate of your own.',
);

callOptions(program.command('place'))
  .description('place an order; it is confirmed a moment later')
  .argument('<customer>')
  .argument('<lines...>', 'SKU:QUANTITY:CENTS, such as plinth-1:2:1250', parseOrderLine)
  .option('--key <text>', 'idempotency key: the same key is the same order; default: a new key')
  .action(placeOrder);

callOptions(program.command('get')).description('show one order').argument('<id>').action(getOrder);

callOptions(program.command('list'))
  .description('list the newest orders')
  .option('--customer <name>', 'only orders of this customer', '')
  .option('--limit <number>', 'at most 200', Number, 20)
  .action(listOrders);

await program.parseAsync();
