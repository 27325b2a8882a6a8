// One page for two places: the canvas of a room, and the landing page where a room is chosen.

import './styles/base.css';
import './styles/landing.css';
import './styles/room.css';
import './styles/header.css';
import './styles/stage.css';
import './styles/tools.css';
import './styles/chat.css';
import { showLanding } from './landing.js';
import { roomOf } from './model/rooms.js';
import { Room } from './room.js';

const room = roomOf(location.pathname);
if (room === undefined) showLanding(location);
else new Room(room, location);
