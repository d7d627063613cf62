// What the core requires, loaded here first: `require()` cannot wait for an ES module that is still being loaded
// by an `import()` elsewhere, and an `import` can.
import '@nestjs/common';
import '@nestjs/core';
import '@nestjs/jwt';
import '@nestjs/passport';

export * from './index.js';
