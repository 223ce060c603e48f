/* Writes the sample driver of the unit tests to a file: a small seed with every table in it. */
#include <stdio.h>

#include "pe_sample.h"

int main(int argc, char **argv)
{
    static struct pe_sample sample;
    FILE *file;
    size_t written;

    if (argc != 2) {
        fprintf(stderr, "usage: pe_seed FILE\n");
        return 2;
    }
    file = fopen(argv[1], "wb");
    if (!file) {
        perror(argv[1]);
        return 1;
    }
    pe_sample_build(&sample);
    written = fwrite(sample.builder.file, 1, sample.builder.size, file);
    return fclose(file) == 0 && written == sample.builder.size ? 0 : 1;
}
