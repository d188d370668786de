namespace VarSparse.Patterns;

/// <summary>Finds, among lists that are added one by one, the one that equals a new list, so that it is stored once.</summary>
internal sealed class EqualLists
{
    private readonly Dictionary<int, List<int>> _listsByHash = [];

    /// <summary>The earlier list with this hash for which <paramref name="equals"/> holds, or else <paramref name="list"/>, which is added.</summary>
    public int FindOrAdd(int list, int hash, Func<int, bool> equals)
    {
        if (!_listsByHash.TryGetValue(hash, out List<int>? candidates))
            _listsByHash[hash] = candidates = [];
        foreach (int candidate in candidates)
        {
            if (equals(candidate))
                return candidate;
        }

        candidates.Add(list);
        return list;
    }
}
