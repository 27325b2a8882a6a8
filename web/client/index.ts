// Everything a user of the client library needs; the rest is internal.

export { Client, type ClientEvents, type ClientOptions } from './client.js';
export { Topic, type Person, type TopicEvent, type TopicEvents, type TopicStatus, type TopicTypes } from './topic.js';
export { TroupeError, isRetryable, type ClientCode, type Code, type ServerCode } from './errors.js';
export { DEFAULT_LIMITS, type Limits } from './options.js';
export type { Clock } from './clock.js';
export type { ConnectionStatus } from './turn.js';
export type { JoinOptions, TopicPhase } from './topic-state.js';
export type { Position } from './protocol.js';
export type { WebSocketConstructor, WebSocketLike } from './socket.js';
