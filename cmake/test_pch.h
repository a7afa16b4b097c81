// Precompiled once for every test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
