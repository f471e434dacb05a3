/**
 * The messages of TensorFlow's graph files as the text form names their fields: `name: type number`, `*` for a repeated field,
 * `{}` for a map from text. Numbers and names are those of TensorFlow's own .proto files.
 */
export const MESSAGES = `
GraphDef = node: NodeDef* 1; library: FunctionDefLibrary 2; version: int32 3; versions: VersionDef 4
NodeDef = name: string 1; op: string 2; input: string* 3; device: string 4; attr: AttrValue{} 5;
  experimental_debug_info: NodeDebugInfo 6; experimental_type: FullTypeDef 7
NodeDebugInfo = original_node_names: string* 1; original_func_names: string* 2
FullTypeDef = type_id: FullTypeId 1; args: FullTypeDef* 2; s: string 3; i: int64 4
VersionDef = producer: int32 1; min_consumer: int32 2; bad_consumers: int32* 3

AttrValue = list: AttrList 1; s: bytes 2; i: int64 3; f: float 4; b: bool 5; type: DataType 6; shape: TensorShapeProto 7;
  tensor: TensorProto 8; placeholder: string 9; func: NameAttrList 10
AttrList = s: bytes* 2; i: int64* 3; f: float* 4; b: bool* 5; type: DataType* 6; shape: TensorShapeProto* 7; tensor: TensorProto* 8;
  func: NameAttrList* 9
NameAttrList = name: string 1; attr: AttrValue{} 2

TensorShapeProto = dim: Dim* 2; unknown_rank: bool 3
Dim = size: int64 1; name: string 2
TensorProto = dtype: DataType 1; tensor_shape: TensorShapeProto 2; version_number: int32 3; tensor_content: bytes 4; float_val: float* 5;
  double_val: double* 6; int_val: int32* 7; string_val: bytes* 8; scomplex_val: float* 9; int64_val: int64* 10; bool_val: bool* 11;
  dcomplex_val: double* 12; half_val: int32* 13; resource_handle_val: ResourceHandleProto* 14; variant_val: VariantTensorDataProto* 15;
  uint32_val: uint32* 16; uint64_val: uint64* 17; float8_val: bytes 18
ResourceHandleProto = device: string 1; container: string 2; name: string 3; hash_code: uint64 4; maybe_type_name: string 5;
  dtypes_and_shapes: DtypeAndShape* 6
DtypeAndShape = dtype: DataType 1; shape: TensorShapeProto 2
VariantTensorDataProto = type_name: string 1; metadata: bytes 2; tensors: TensorProto* 3

FunctionDefLibrary = function: FunctionDef* 1; gradient: GradientDef* 2; registered_gradients: RegisteredGradient* 3
GradientDef = function_name: string 1; gradient_func: string 2
RegisteredGradient = gradient_func: string 1; registered_op_type: string 2
FunctionDef = signature: OpDef 1; node_def: NodeDef* 3; ret: string{} 4; attr: AttrValue{} 5; control_ret: string{} 6;
  arg_attr: ArgAttrs{uint32} 7; resource_arg_unique_id: uint32{uint32} 8
ArgAttrs = attr: AttrValue{} 1
OpList = op: OpDef* 1
OpDef = name: string 1; input_arg: ArgDef* 2; output_arg: ArgDef* 3; attr: OpAttrDef* 4; summary: string 5; description: string 6;
  deprecation: OpDeprecation 8; is_aggregate: bool 16; is_stateful: bool 17; is_commutative: bool 18;
  allows_uninitialized_input: bool 19; control_output: string* 20; is_distributed_communication: bool 21
ArgDef = name: string 1; description: string 2; type: DataType 3; type_attr: string 4; number_attr: string 5; type_list_attr: string 6;
  handle_data: DtypeAndShape* 7; is_ref: bool 16; experimental_full_type: FullTypeDef 17
OpAttrDef = name: string 1; type: string 2; default_value: AttrValue 3; description: string 4; has_minimum: bool 5; minimum: int64 6;
  allowed_values: AttrValue 7
OpDeprecation = version: int32 1; explanation: string 2

MetaGraphDef = meta_info_def: MetaInfoDef 1; graph_def: GraphDef 2; saver_def: SaverDef 3; collection_def: CollectionDef{} 4;
  signature_def: SignatureDef{} 5; asset_file_def: AssetFileDef* 6
MetaInfoDef = meta_graph_version: string 1; stripped_op_list: OpList 2; tags: string* 4; tensorflow_version: string 5;
  tensorflow_git_version: string 6; stripped_default_attrs: bool 7; function_aliases: string{} 8
SaverDef = filename_tensor_name: string 1; save_tensor_name: string 2; restore_op_name: string 3; max_to_keep: int32 4; sharded: bool 5;
  keep_checkpoint_every_n_hours: float 6; version: CheckpointFormatVersion 7
CollectionDef = node_list: NodeList 1; bytes_list: BytesList 2; int64_list: Int64List 3; float_list: FloatList 4; any_list: AnyList 5
NodeList = value: string* 1
BytesList = value: bytes* 1
Int64List = value: int64* 1
FloatList = value: float* 1
AnyList = value: Any* 1
Any = type_url: string 1; value: bytes 2
SignatureDef = inputs: TensorInfo{} 1; outputs: TensorInfo{} 2; method_name: string 3; defaults: TensorProto{} 4
TensorInfo = name: string 1; dtype: DataType 2; tensor_shape: TensorShapeProto 3; coo_sparse: CooSparse 4; composite_tensor: CompositeTensor 5
CooSparse = values_tensor_name: string 1; indices_tensor_name: string 2; dense_shape_tensor_name: string 3
CompositeTensor = components: TensorInfo* 2
AssetFileDef = tensor_info: TensorInfo 1; filename: string 2
SavedModel = saved_model_schema_version: int64 1; meta_graphs: MetaGraphDef* 2
`;

/** Values of the enumerations by number: `number name name …` counts on from the number. */
export const ENUMERATIONS = `
DataType = 0 DT_INVALID DT_FLOAT DT_DOUBLE DT_INT32 DT_UINT8 DT_INT16 DT_INT8 DT_STRING DT_COMPLEX64 DT_INT64 DT_BOOL DT_QINT8 DT_QUINT8
  DT_QINT32 DT_BFLOAT16 DT_QINT16 DT_QUINT16 DT_UINT16 DT_COMPLEX128 DT_HALF DT_RESOURCE DT_VARIANT DT_UINT32 DT_UINT64 DT_FLOAT8_E5M2
  DT_FLOAT8_E4M3FN 29 DT_INT4 DT_UINT4
  101 DT_FLOAT_REF DT_DOUBLE_REF DT_INT32_REF DT_UINT8_REF DT_INT16_REF DT_INT8_REF DT_STRING_REF DT_COMPLEX64_REF DT_INT64_REF DT_BOOL_REF
  DT_QINT8_REF DT_QUINT8_REF DT_QINT32_REF DT_BFLOAT16_REF DT_QINT16_REF DT_QUINT16_REF DT_UINT16_REF DT_COMPLEX128_REF DT_HALF_REF
  DT_RESOURCE_REF DT_VARIANT_REF DT_UINT32_REF DT_UINT64_REF DT_FLOAT8_E5M2_REF DT_FLOAT8_E4M3FN_REF 129 DT_INT4_REF DT_UINT4_REF
CheckpointFormatVersion = 0 LEGACY V1 V2
FullTypeId = 0 TFT_UNSET TFT_VAR TFT_ANY TFT_PRODUCT TFT_NAMED 20 TFT_FOR_EACH 100 TFT_CALLABLE 200 TFT_BOOL TFT_UINT8 TFT_UINT16 TFT_UINT32
  TFT_UINT64 TFT_INT8 TFT_INT16 TFT_INT32 TFT_INT64 TFT_HALF TFT_FLOAT TFT_DOUBLE TFT_COMPLEX64 TFT_COMPLEX128 TFT_STRING TFT_BFLOAT16
  1000 TFT_TENSOR TFT_ARRAY TFT_OPTIONAL TFT_LITERAL TFT_ENCODED TFT_SHAPE_TENSOR 10102 TFT_DATASET TFT_RAGGED TFT_ITERATOR
  10202 TFT_MUTEX_LOCK TFT_LEGACY_VARIANT
`;
