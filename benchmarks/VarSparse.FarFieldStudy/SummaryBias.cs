namespace VarSparse.FarFieldStudy;

/// <summary>What the logit of a block's summary is, from the logits of its n members: mean m, variance s^2.</summary>
internal enum SummaryBias
{
    /// <summary>m + log n: that of the mean key. The library's.</summary>
    First,

    /// <summary>m + log n + s^2 / 2: exact for many normally distributed logits; without bound, so too much where a block has one strong key.</summary>
    Second,

    /// <summary>m + log n + log cosh s: exact for logits that are m - s and m + s alike. s^2 / 2 for small s, and s - log 2 for large ones.</summary>
    TwoPoint,

    /// <summary>log of the sum of the members' exponentials: the limit of what a bias can do.</summary>
    ExactMass,
}
