#include "bench/lab/lab.hpp"
