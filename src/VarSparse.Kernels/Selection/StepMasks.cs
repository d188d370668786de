using ILGPU;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Selection;

/// <summary>What a group needs in shared memory to write the masks of a step: a thread a key and word, then a thread a word of the fragments.</summary>
internal struct StepMasks
{
    private const int HalvesOfWord = 2;
    private const int BitsOfHalf = 32;
    private const int AnySeen = 1;
    private const int AnyUnseen = 2;

    /// <summary>The slots that see a key, [block, word, key, half].</summary>
    public ArrayView<uint> Seen;

    /// <summary>Of the keys of each warp, [block, word, half the keys]: <see cref="AnySeen"/> and <see cref="AnyUnseen"/>.</summary>
    public ArrayView<int> Votes;

    /// <summary>Writes block states and mask fragments of one step of a list; all threads of the group must call.</summary>
    /// <param name="p">The parameters.</param>
    /// <param name="masks">The room in shared memory.</param>
    /// <param name="cells">Who sees a cell.</param>
    /// <param name="places">Which entries hold keys.</param>
    /// <param name="lines">The cells' lines of these entries of the step.</param>
    /// <param name="list">The list's first entry among those of all lists.</param>
    /// <param name="step">Which step.</param>
    public static void Write(CrossScaleLocalParameters p, StepMasks masks, TileCells cells, SortedPlaces places, ArrayView<uint> lines, ulong list, int step)
    {
        int words = cells.Words, firstEntry = step * StepLayout.KeysPerStep;
        for (int i = Group.IdxX; i < words * StepLayout.KeysPerStep; i += Group.DimX)
        {
            int pair = i / MaskFragment.Side, word = pair % words;
            int inStep = pair / words * MaskFragment.Side + i % MaskFragment.Side, entry = firstEntry + inStep;
            ulong all = TileCells.All(cells, word), seen = 0;
            bool exists = entry < SortedPlaces.Length(places);
            if (((SortedPlaces.WordsOf(places, entry) >> word) & 1) != 0)
                seen = TileCells.Seen(cells, lines[inStep], word);

            // Slots without a query see everything: it changes nothing and leaves more words whole.
            ulong marked = exists ? seen | ~all : 0;
            masks.Seen[i * HalvesOfWord] = (uint)marked;
            masks.Seen[i * HalvesOfWord + 1] = (uint)(marked >> BitsOfHalf);
            bool anySeen = WarpVote.Any(seen != 0), anyUnseen = WarpVote.Any(!exists || seen != all);
            if (i % GroupScan.LanesPerWarp == 0)
                masks.Votes[i / GroupScan.LanesPerWarp] = (anySeen ? AnySeen : 0) | (anyUnseen ? AnyUnseen : 0);
        }

        Group.Barrier();
        ulong firstBlock = (list + (ulong)firstEntry) / MaskFragment.Side * (ulong)words;
        for (int i = Group.IdxX; i < 2 * words * MaskFragment.Threads; i += Group.DimX)
        {
            int pair = i / MaskFragment.Threads, thread = i % MaskFragment.Threads;
            GlobalBytes.Store4(p.MaskFragments + (firstBlock * MaskFragment.Threads + (ulong)i) * sizeof(uint), Fragment(masks, pair, thread));
            if (thread == 0)
                GlobalBytes.Store1(p.BlockStates + firstBlock + (ulong)pair, State(masks.Votes[2 * pair] | masks.Votes[2 * pair + 1]));
        }

        // The next step's slots go where these still are.
        Group.Barrier();
    }

    private static uint State(int votes)
    {
        if ((votes & AnySeen) == 0)
            return BlockState.Hidden;
        return (votes & AnyUnseen) == 0 ? BlockState.Full : BlockState.Partial;
    }

    /// <summary>A thread's word of a <see cref="MaskFragment"/>: of every 8 keys the two it holds, for two slots.</summary>
    private static uint Fragment(StepMasks masks, int pair, int thread)
    {
        int lane = thread % GroupScan.LanesPerWarp;
        int slot = thread / GroupScan.LanesPerWarp * 16 + lane / 4;
        int first = (pair * MaskFragment.Side + lane % 4 * 2) * HalvesOfWord + slot / BitsOfHalf;
        uint bits = 0;
        for (int eight = 0; eight < MaskFragment.Side / 8; eight++)
        {
            int key = first + eight * 8 * HalvesOfWord;
            uint even = masks.Seen[key] >> (slot % BitsOfHalf), odd = masks.Seen[key + HalvesOfWord] >> (slot % BitsOfHalf);
            bits |= ((even & 1) | ((odd & 1) << 1)) << (2 * eight);
            bits |= (((even >> 8) & 1) | (((odd >> 8) & 1) << 1)) << (2 * eight + 16);
        }

        return bits;
    }
}
