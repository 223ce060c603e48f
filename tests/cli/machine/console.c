/* A program that uses its console in all ways; exit code 7. */
#include <stdio.h>
#include <string.h>

static void flood(void)
{
    for (int i = 0; i < 20000; i++)
        printf("line %d of the flood\n", i);
}

int main(int argc, char **argv)
{
    char line[100];

    for (int i = 1; i < argc; i++)
        printf("%d: %s\n", i, argv[i]);
    if (argc > 1 && strcmp(argv[1], "flood") == 0)
        flood();
    while (argc > 1 && strcmp(argv[1], "spin") == 0)
        ;
    fprintf(stderr, "an error\n");
    puts("waiting");
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin))
        printf("read %s", line);
    puts("end of input");
    return 7;
}
