// One page for two places: the canvas of a room, and the landing page where a room is chosen.

import './styles/base.css';
import './styles/landing.css';
import './styles/room.css';
import './styles/header.css';
import './styles/stage.css';
import './styles/tools.css';
import './styles/chat.css';
import { showLanding } from './landing.js';
import { measureTextWith } from './model/lettering.js';
import { linkOf } from './model/rooms.js';
import { canvasMeasure } from './paint/paint-element.js';
import { Room } from './room.js';

measureTextWith(canvasMeasure());
const link = linkOf(location);
if (link === undefined) showLanding(location);
else new Room(link, location);
