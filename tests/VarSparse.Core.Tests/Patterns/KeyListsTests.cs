using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Patterns;

public class KeyListsTests
{
    [Fact]
    public void Lists_and_mask_words_are_found_by_list()
    {
        var lists = KeyLists.Create(9, [0, 2, 2, 5], [1, 8, 0, 4, 7], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], wordsPerKey: 2);
        Assert.Equal((3, 9, 3, 2, true), (lists.ListCount, lists.KeyCount, lists.LongestList, lists.WordsPerKey, lists.HasMask));
        Assert.Equal([1, 8], lists.Keys(0));
        Assert.True(lists.Keys(1).IsEmpty);
        Assert.Equal([0, 4, 7], lists.Keys(2));
        Assert.Equal([1ul, 2, 3, 4], lists.MaskWords(0).ToArray());
        Assert.True(lists.MaskWords(1).IsEmpty);
        Assert.Equal([5ul, 6, 7, 8, 9, 10], lists.MaskWords(2).ToArray());
    }

    [Fact]
    public void Without_a_mask_there_are_no_words()
    {
        var lists = KeyLists.Create(3, [0, 3], [0, 1, 2]);
        Assert.False(lists.HasMask);
        Assert.Equal(0, lists.WordsPerKey);
        Assert.True(lists.MaskWords(0).IsEmpty);
        Assert.True(lists.AllMaskWords.IsEmpty);
    }

    [Fact]
    public void Lists_keep_their_own_copies()
    {
        int[] offsets = [0, 2], keys = [1, 2];
        ulong[] words = [1, 1];
        var lists = KeyLists.Create(3, offsets, keys, words, 1);
        (offsets[1], keys[0], words[0]) = (9, 9, 9);
        Assert.Equal([0, 2], lists.Offsets);
        Assert.Equal([1, 2], lists.AllKeys);
        Assert.Equal([1ul, 1], lists.AllMaskWords.ToArray());
    }

    [Fact]
    public void Bad_input_is_rejected_in_one_line()
    {
        BadInput.Rejected("keyCount", () => KeyLists.Create(0, [0], []), "got 0", "at least 1");
        BadInput.Rejected("offsets", () => KeyLists.Create(4, [], []), "got none", "expected 0");
        BadInput.Rejected("offsets", () => KeyLists.Create(4, [1, 2], [0, 1]), "got 1 to 2", "expected 0");
        BadInput.Rejected("offsets", () => KeyLists.Create(4, [0, 1], [0, 1]), "got 0 to 1", "number of indices, 2");
        BadInput.Rejected("offsets", () => KeyLists.Create(4, [0, 2, 1, 2], [0, 1]), "entry 2 is 1", "at least 2");
        BadInput.Rejected("offsets", () => KeyLists.Create(4, [0, 3, 2], [0, 1]), "entry 2 is 2", "at least 3");
        BadInput.Rejected("offsets", () => KeyLists.Create(4, [0, -1, 2], [0, 1]), "entry 1 is -1", "at least 0");
        BadInput.Rejected("keys", () => KeyLists.Create(4, [0, 1, 2], [0, 4]), "list 1 holds index 4", "0 to 3");
        BadInput.Rejected("keys", () => KeyLists.Create(4, [0, 1], [-1]), "list 0 holds index -1", "0 to 3");
        BadInput.Rejected("keys", () => KeyLists.Create(4, [0, 2], [2, 1]), "list 0 holds 1 after 2", "ascending");
        BadInput.Rejected("keys", () => KeyLists.Create(4, [0, 2], [2, 2]), "list 0 holds 2 after 2", "without duplicates");
        BadInput.Rejected("wordsPerKey", () => KeyLists.Create(4, [0, 1], [2], [], 0), "got 0", "1 to 4");
        BadInput.Rejected("wordsPerKey", () => KeyLists.Create(4, [0, 1], [2], [1, 1, 1, 1, 1], 5), "got 5", "1 to 4");
        BadInput.Rejected("maskWords", () => KeyLists.Create(4, [0, 1], [2], [1], 2), "got 1 words", "expected 2");
        BadInput.Rejected("maskWords", () => KeyLists.Create(4, [0, 1], [2], [1, 1], 1), "got 2 words", "expected 1");
        BadInput.Rejected("keys", () => KeyLists.Create(4, [0, 1], [9], [1], 1), "list 0 holds index 9", "0 to 3");
    }
}
