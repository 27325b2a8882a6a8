// The whole suite in one process, so that it needs one browser only. A file alone: `node drawing.test.mjs`.

import './drawing.test.mjs';
import './editing.test.mjs';
import './rooms.test.mjs';
import './together.test.mjs';
import './failures.test.mjs';
import './restart.test.mjs';
import './access.test.mjs';
import './admin.test.mjs';
import './replay.test.mjs';
