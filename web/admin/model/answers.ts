// What a node answers under /admin/api/.

export interface Traffic {
  messages: number;
  bytes: number;
  messages_per_second: number;
  bytes_per_second: number;
}

export interface Lane {
  peer: string;
  channel: string;
  lane: number;
  shard: number;
  queue_bytes: number;
  queue_messages: number;
  under_way_bytes: number;
  window_bytes: number;
  sent: Traffic;
  received: Traffic;
  credit_waits: { count: number; milliseconds: number };
  dropped: Record<string, number>;
  round_trip_us: { newest: number; p50: number; p99: number; count: number };
}

export interface LanesAnswer {
  node: string;
  lanes: Lane[];
  silent_shards: number[];
}

export interface NodeAnswer {
  name: string;
  incarnation: number;
  process: number;
  uptime_seconds: number;
  shards: number;
  actors: number;
  clients: number;
  memory_bytes: number;
  members: number;
  members_up: number;
  address: string;
  http: string;
  dead_letters: Record<string, number>;
}

export interface Member {
  name: string;
  incarnation: number;
  state: 'up' | 'suspected' | 'unreachable' | 'down' | 'left';
  address: string;
  http: string;
  zone: string;
  role: 'server' | 'client';
  links: string[];
  next_hop: string;
  hops: number;
}

export interface MembersAnswer {
  node: string;
  overlay: string;
  members: Member[];
}

export interface Owner {
  name: string;
  zone: string;
  is_here: boolean;
  is_reachable: boolean;
  partitions: number;
}

export interface PlacementAnswer {
  node: string;
  partitions: number;
  moves: boolean;
  trouble: string;
  owners: Owner[];
  /** Of the topic that was asked for. */
  topic?: string;
  partition?: number;
  owner?: string;
}

export interface TreeAnswer {
  node: string;
  overlay: string;
  root: string;
  nodes: { name: string; parent: string; eager: string[]; lazy: string[] }[];
  silent: { name: string; reason: string }[];
}
