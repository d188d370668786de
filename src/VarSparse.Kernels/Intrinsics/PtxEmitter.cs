using System.Globalization;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Values;
using CompoundRegister = ILGPU.Backends.RegisterAllocator<ILGPU.Backends.PTX.PTXRegisterKind>.CompoundRegister;
using ConstantRegister = ILGPU.Backends.RegisterAllocator<ILGPU.Backends.PTX.PTXRegisterKind>.ConstantRegister;
using HardwareRegister = ILGPU.Backends.RegisterAllocator<ILGPU.Backends.PTX.PTXRegisterKind>.HardwareRegister;
using Register = ILGPU.Backends.RegisterAllocator<ILGPU.Backends.PTX.PTXRegisterKind>.Register;

namespace VarSparse.Kernels.Intrinsics;

/// <summary>Writes the PTX of one intrinsic call: register names of its arguments and result, and lines of text.</summary>
internal readonly struct PtxEmitter(PTXCodeGenerator generator, Value call)
{
    /// <summary>Register name of a scalar argument. An argument that folded to a constant is moved into a register first.</summary>
    public string Input(int index) => NameOf(generator.Load(call[index]));

    /// <summary>Register names of all scalar fields of an argument, nested structs flattened in declaration order.</summary>
    public string[] Inputs(int index) => [.. Leaves(generator.Load(call[index])).Select(NameOf)];

    /// <summary>Fresh registers for the fields of the call's result.</summary>
    public string[] Outputs() => [.. Leaves(generator.Allocate(call)).Select(NameOf)];

    /// <summary>Fresh register for the scalar result of the call.</summary>
    public string Output() => NameOf(generator.Allocate(call));

    /// <summary>
    /// Lets the call's result live in the very registers of an argument, without a move. Only for an argument that nothing else
    /// reads afterwards.
    /// </summary>
    public void ResultIsInput(int index) => generator.Bind(call, generator.Load(call[index]));

    /// <summary>The value of an argument that the instruction encodes as an immediate.</summary>
    public int Constant(int index, string name) =>
        generator.Load(call[index]) is ConstantRegister constant
            ? constant.Value.Int32Value
            : throw new NotSupportedException(
                $"{((MethodCall)call).Target.Source.Name}: argument {name} is a run-time value; the instruction needs a compile-time constant");

    /// <summary>Appends one line of PTX.</summary>
    public void Line(string text) => generator.Builder.Append('\t').AppendLine(text);

    /// <summary>Braces a list of registers, as vector operands are written.</summary>
    public static string Vector(IEnumerable<string> registers) => "{" + string.Join(", ", registers) + "}";

    private static IEnumerable<Register> Leaves(Register register) =>
        register is CompoundRegister compound ? compound.Children.SelectMany(Leaves) : [register];

    private string NameOf(Register register) => register switch
    {
        HardwareRegister hardware => "%" + PTXRegisterAllocator.GetStringRepresentation(hardware),
        ConstantRegister constant => Materialise(constant),
        _ => throw new NotSupportedException($"register of type {register.Type} as an operand of an intrinsic"),
    };

    private string Materialise(ConstantRegister constant)
    {
        var register = generator.AllocateRegister(constant.Description);
        string name = NameOf(register);
        var value = constant.Value;
        Line(constant.BasicValueType switch
        {
            BasicValueType.Int32 => string.Create(CultureInfo.InvariantCulture, $"mov.b32 {name}, {value.Int32Value};"),
            BasicValueType.Int64 => string.Create(CultureInfo.InvariantCulture, $"mov.b64 {name}, {value.Int64Value};"),
            BasicValueType.Float32 => $"mov.f32 {name}, 0f{BitConverter.SingleToUInt32Bits(value.Float32Value):X8};",
            _ => throw new NotSupportedException($"constant of type {constant.BasicValueType} as an operand of an intrinsic"),
        });
        return name;
    }
}
