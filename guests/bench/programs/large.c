/* A large C file for the compiler: five thousand lines of Debian's libstb-dev. */
#define STB_TRUETYPE_IMPLEMENTATION
#include <stb/stb_truetype.h>
