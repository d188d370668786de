namespace VarSparse.FarFieldStudy;

/// <summary>What the value of a block's summary is.</summary>
internal enum SummaryValues
{
    /// <summary>The mean value. The library's.</summary>
    Mean,

    /// <summary>The mean value plus the covariance of value and logit: the first order of the weighted mean.</summary>
    Covariance,

    /// <summary>The mean weighted by softmax within the block: with the exact mass this is dense attention.</summary>
    Exact,
}
