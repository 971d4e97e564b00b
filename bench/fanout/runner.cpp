#include "bench/results/run.hpp"
