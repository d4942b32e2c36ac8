import { stopOnSignals } from '../../kit/service.ts';
import { startOrders } from './orders.ts';

stopOnSignals(await startOrders({ env: process.env }));
