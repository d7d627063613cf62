// The core requires these packages. `require()` fails for an ES module that an `import()` elsewhere is still loading;
// an `import` waits for it.
import '@nestjs/common';
import '@nestjs/core';
import '@nestjs/jwt';
import '@nestjs/passport';

export * from './index.js';
