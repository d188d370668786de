using VarSparse.Geometry;
using VarSparse.Patterns;
using VarSparse.Samples.QuickStart.Picture;

ScaleSchedule s = ScaleSchedule.Infinity();
CrossScaleLocalOptions o = new() { Windows = [-1, -1, -1, -1, -1, -1, -1, -1, 1, 1, 3, 5, 7], Tile = new(8, 16) };
PatternPicture.Save(new PatternView(s, 12, o, CrossScaleLocal.Create(s, 12, o)), "/tmp/p.png");
