/* A program that runs on until its input ends, and says so each time it reads a line. */
#include <stdio.h>

int main(void)
{
    char line[100];

    puts("running");
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin)) {
        printf("still here: %s", line);
        fflush(stdout);
    }
    return 0;
}
