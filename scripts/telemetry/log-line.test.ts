import { describe, expect, it } from 'vitest';
import { logLine, printLine } from './log-line.ts';
import { logsQl } from './log-query.ts';
import { isSelected, podLine } from './pod-logs.ts';
import { traceId } from './trace-search.ts';

const stored = {
  _time: '2026-03-01T10:00:00.123456789Z',
  _msg: 'order placed',
  _stream: '{"k8s.namespace.name"="orders"}',
  _stream_id: '0000',
  severity_number: '9',
  severity_text: 'LOG',
  'k8s.namespace.name': 'orders',
  'k8s.pod.name': 'orders-1',
  'k8s.container.name': 'orders',
  'log.file.path': '/var/log/pods/x',
  trace_id: '0af7651916cd43dd8448eb211c80319c',
  span_id: 'b7ad6b7169203331',
  customer: 'Ada Lovelace',
};

describe('a line of the store', () => {
  it("keeps the app's fields and omits those of the collector", () => {
    expect(logLine(JSON.stringify(stored))).toEqual({
      time: stored._time,
      level: 'info',
      namespace: 'orders',
      pod: 'orders-1',
      container: 'orders',
      message: 'order placed',
      trace: stored.trace_id,
      span: stored.span_id,
      fields: { customer: 'Ada Lovelace' },
    });
  });

  it('is printed with its time, pod, level, fields and the trace for `npm run trace`', () => {
    const printed = printLine(logLine(JSON.stringify(stored)));
    expect(printed).toBe(
      '10:00:00.123 orders-1 info  order placed customer="Ada Lovelace" trace=0af7651916cd43dd8448eb211c80319c',
    );
    expect(/trace=(\S+)$/.exec(printed)?.[1]).toMatch(traceId);
    const { trace_id: _, ...without } = stored;
    expect(printLine(logLine(JSON.stringify(without)))).not.toContain('trace=');
  });

  it('escapes control characters of a message', () => {
    const line = logLine(JSON.stringify({ ...stored, _msg: 'bell \u0007 and \u001b[2J\nnext' }));
    expect(printLine(line)).toContain('bell \\x07 and \\x1b[2J\n    next');
  });

  it('prints a stack below its line, indented', () => {
    const line = logLine(JSON.stringify({ ...stored, error: 'Error: no\n    at work' }));
    expect(printLine(line).split('\n')).toEqual([
      '10:00:00.123 orders-1 info  order placed customer="Ada Lovelace" trace=0af7651916cd43dd8448eb211c80319c',
      '    error: Error: no',
      '        at work',
    ]);
  });

  it('reports an invalid answer', () => {
    expect(() => logLine('{"_msg":"without a time"}')).toThrow('_time');
  });
});

describe('a selection in LogsQL', () => {
  it('joins every filter', () => {
    expect(logsQl({ app: 'orders', since: '10m', grep: 'pla.ed', trace: 'ab', level: 'warn' })).toBe(
      '_time:10m {"k8s.namespace.name"="orders"} trace_id:="ab" severity_number:>=13 _msg:~"pla.ed"',
    );
  });

  it('treats a line without a level as info', () => {
    expect(logsQl({ level: 'info' })).toBe('!severity_number:range[1, 9)');
    expect(logsQl({ level: 'debug' })).toBe('*');
    const levels = [0, 1, 9, 13, 17, 21].map((number) => {
      const { severity_number: _, ...line } = stored;
      return logLine(JSON.stringify({ ...line, severity_number: String(number) })).level;
    });
    expect(levels).toEqual([undefined, 'debug', 'info', 'warn', 'error', 'error']);
  });

  it('selects everything without filters', () => {
    expect(logsQl({})).toBe('*');
  });

  it('quotes characters that would end the string', () => {
    expect(logsQl({ grep: '"} or *' })).toBe('_msg:~"\\"} or *"');
  });
});

describe('a line of the kubelet', () => {
  const from = { namespace: 'orders', pod: 'orders-1', container: 'orders' };
  const options = { environment: 'dev', limit: 10, follow: false, json: false };

  it('is parsed if it is JSON', () => {
    const said = '{"time":"x","level":"ERROR","message":"failed","trace_id":"ab","span_id":"cd","code":5}';
    expect(podLine(from, `2026-03-01T10:00:00Z ${said}`)).toEqual({
      ...from,
      time: '2026-03-01T10:00:00Z',
      level: 'error',
      message: 'failed',
      trace: 'ab',
      span: 'cd',
      fields: { code: '5' },
    });
  });

  it('is a message otherwise', () => {
    expect(podLine(from, '2026-03-01T10:00:00Z {not json').message).toBe('{not json');
    expect(podLine(from, '2026-03-01T10:00:00Z plain text').message).toBe('plain text');
  });

  it('is omitted below the level, outside of the trace, and if the expression does not match', () => {
    const line = podLine(from, 't {"level":"info","message":"placed","trace_id":"ab"}');
    expect(isSelected({ ...options, level: 'warn' }, line)).toBe(false);
    expect(isSelected({ ...options, level: 'info' }, line)).toBe(true);
    expect(isSelected({ ...options, level: 'error' }, { ...line, level: 'critical' })).toBe(true);
    expect(isSelected({ ...options, trace: 'cd' }, line)).toBe(false);
    expect(isSelected({ ...options, grep: '^place' }, line)).toBe(true);
    expect(isSelected({ ...options, grep: '^pace' }, line)).toBe(false);
  });
});
